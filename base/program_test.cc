#include "base/program.h"

#include <optional>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace lifeboat {
namespace {

// Returns the exit code of a program whose `run` gives 10 and whose `check` gives 20.
int Call(std::vector<std::string> arguments, std::string* path = nullptr) {
  std::vector<char*> argv;
  arguments.insert(arguments.begin(), "lifeboat-test");
  for (std::string& argument : arguments) argv.push_back(argument.data());
  const auto returns = [path](int code) {
    return [path, code](const std::string& given) {
      if (path != nullptr) *path = given;
      return code;
    };
  };
  return RunProgram({"lifeboat-test", returns(10), returns(20)}, static_cast<int>(argv.size()),
                    argv.data());
}

TEST(ProgramTest, RunsChecksOrSaysHowItIsCalled) {
  std::string path;
  EXPECT_EQ(Call({"--config", "a.yaml"}, &path), 10);
  EXPECT_EQ(path, "a.yaml");
  EXPECT_EQ(Call({"check", "b.yaml"}, &path), 20);
  EXPECT_EQ(path, "b.yaml");
  EXPECT_EQ(Call({"version"}), 0);
  EXPECT_EQ(Call({}), kExitUsage);
  EXPECT_EQ(Call({"--config"}), kExitUsage);
  EXPECT_EQ(Call({"start", "a.yaml"}), kExitUsage);
  EXPECT_EQ(Call({"version", "a.yaml"}), kExitUsage);
}

struct TestConfigFile {
  std::optional<int> config;
  std::string findings;
};

TEST(ProgramTest, TakesAConfigurationAndShowsWhatWasFound) {
  testing::internal::CaptureStderr();
  EXPECT_EQ(TakeConfig(absl::StatusOr<TestConfigFile>({5, "a warning\n"})), 5);
  EXPECT_EQ(TakeConfig(absl::StatusOr<TestConfigFile>({std::nullopt, "an error\n"})), std::nullopt);
  EXPECT_EQ(TakeConfig(absl::StatusOr<TestConfigFile>(absl::NotFoundError("no file"))),
            std::nullopt);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "a warning\nan error\nno file\n");
}

}  // namespace
}  // namespace lifeboat
