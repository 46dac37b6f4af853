#include "exitnode/control/instruction_store.h"

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lifeboat::exitnode {
namespace {

namespace fs = std::filesystem;

Instruction Numbered(uint64_t sequence) {
  return {{1, 2}, sequence, {{"web", "a-token-of-tests", {443, 8443}, sequence % 2 == 0}}};
}

class InstructionStoreTest : public testing::Test {
 protected:
  InstructionStoreTest()
      : directory_(fs::path(testing::TempDir()) /
                   testing::UnitTest::GetInstance()->current_test_info()->name()),
        store_(directory_) {
    fs::remove_all(directory_);
  }

  std::string Read(const std::string& file) {
    std::ifstream in(directory_ / file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void Write(const std::string& file, const std::string& content) {
    std::ofstream(directory_ / file, std::ios::binary) << content;
  }

  const fs::path directory_;
  const InstructionStore store_;
};

TEST_F(InstructionStoreTest, GivesBackWhatWasSaved) {
  EXPECT_FALSE(store_.Load().instruction.has_value());
  EXPECT_EQ(store_.Load().trouble, "");
  for (uint64_t sequence = 1; sequence <= 3; ++sequence) {
    ASSERT_TRUE(store_.Save(Numbered(sequence)).ok());
    EXPECT_EQ(store_.Load().instruction, Numbered(sequence));
  }
}

TEST_F(InstructionStoreTest, KeepsTokensFromOtherUsers) {
  ASSERT_TRUE(store_.Save(Numbered(1)).ok());
  ASSERT_TRUE(store_.Save(Numbered(2)).ok());
  for (const char* file : {"instructions", "instructions.previous"}) {
    struct stat found {};
    ASSERT_EQ(stat((directory_ / file).c_str(), &found), 0) << file;
    EXPECT_EQ(found.st_mode & 0777, 0600u) << file;
  }
}

TEST_F(InstructionStoreTest, ATornFileIsRecognisedWhereverItIsCutAndTheOneBeforeItUsed) {
  ASSERT_TRUE(store_.Save(Numbered(1)).ok());
  ASSERT_TRUE(store_.Save(Numbered(2)).ok());
  const std::string whole = Read("instructions");
  for (size_t cut = 0; cut < whole.size(); ++cut) {
    Write("instructions", whole.substr(0, cut));
    const StoredInstruction stored = store_.Load();
    EXPECT_EQ(stored.instruction, Numbered(1)) << cut;
  }
}

TEST_F(InstructionStoreTest, AChangedByteIsRecognised) {
  ASSERT_TRUE(store_.Save(Numbered(1)).ok());
  const std::string whole = Read("instructions");
  for (size_t i = 0; i < whole.size(); ++i) {
    std::string changed = whole;
    changed[i] ^= 1;
    Write("instructions", changed);
    const StoredInstruction stored = store_.Load();
    EXPECT_FALSE(stored.instruction.has_value()) << i;
    EXPECT_THAT(stored.trouble, testing::HasSubstr("damaged"));
  }
}

TEST_F(InstructionStoreTest, ADamagedFileNeverReplacesTheGoodCopyBesideIt) {
  ASSERT_TRUE(store_.Save(Numbered(1)).ok());
  ASSERT_TRUE(store_.Save(Numbered(2)).ok());
  Write("instructions", "torn");
  ASSERT_TRUE(store_.Save(Numbered(3)).ok());
  Write("instructions", "torn again");
  EXPECT_EQ(store_.Load().instruction, Numbered(1));
}

TEST_F(InstructionStoreTest, SaysWhereItCannotWrite) {
  const InstructionStore nowhere("/proc/no-such-directory");
  EXPECT_THAT(std::string(nowhere.Save(Numbered(1)).message()),
              testing::HasSubstr("/proc/no-such-directory"));
}

}  // namespace
}  // namespace lifeboat::exitnode
