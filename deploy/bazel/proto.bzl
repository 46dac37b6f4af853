"""C++ from .proto files by Debian's protoc, without the Java that Bazel's own rules ask for."""

def lifeboat_proto_library(name, src, deps = [], services = False, visibility = None):
    """A cc_library with the messages (and, where `services`, the gRPC stubs) of one .proto file.

    Args:
      name: the target; a second one, name + "_proto", is the source for those who import it.
      src: the .proto file, imported by its path from the top of the repository.
      deps: other lifeboat_proto_library targets that it imports.
      services: whether the file declares services.
      visibility: as for cc_library.
    """
    stem = src[:-len(".proto")]
    native.filegroup(
        name = name + "_proto",
        srcs = [src] + [dep + "_proto" for dep in deps],
        visibility = visibility,
    )
    outs = [stem + ".pb.h", stem + ".pb.cc"]
    command = "/usr/bin/protoc -I. -I/usr/include --cpp_out=$(GENDIR)"
    if services:
        outs += [stem + ".grpc.pb.h", stem + ".grpc.pb.cc"]
        command += " --plugin=protoc-gen-grpc=/usr/bin/grpc_cpp_plugin --grpc_out=$(GENDIR)"
    native.genrule(
        name = name + "_gen",
        srcs = [src] + [dep + "_proto" for dep in deps],
        outs = outs,
        cmd = command + " $(location " + src + ")",
    )
    native.cc_library(
        name = name,
        srcs = [out for out in outs if out.endswith(".cc")],
        hdrs = [out for out in outs if out.endswith(".h")],
        copts = ["-Wno-unused-parameter", "-Wno-array-bounds"],
        visibility = visibility,
        deps = deps + ["@system//:grpc" if services else "@system//:protobuf"],
    )
