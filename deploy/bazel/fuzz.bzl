"""Fuzz targets and the replay of what they have found."""

def lifeboat_fuzz(name, src, corpus, deps):
    """A libFuzzer program `name`, and a test that replays its kept corpus with any compiler.

    Args:
      name: ends in _fuzz; `bazel build --config=fuzz` builds it, nothing else does.
      src: the .cc file that defines LLVMFuzzerTestOneInput.
      corpus: the folder of kept inputs, within the package.
      deps: what `src` includes.
    """
    native.cc_binary(
        name = name,
        testonly = True,
        srcs = [src],
        linkopts = ["-fsanitize=fuzzer"],
        tags = ["manual"],
        deps = deps,
    )
    native.cc_test(
        name = name.replace("_fuzz", "_corpus_test"),
        size = "small",
        srcs = [
            src,
            "//deploy/bazel:corpus_replay_test.cc",
        ],
        data = native.glob([corpus + "/*"]),
        local_defines = ['CORPUS=\\"' + native.package_name() + "/" + corpus + '\\"'],
        deps = deps + ["@system//:gtest_main"],
    )
