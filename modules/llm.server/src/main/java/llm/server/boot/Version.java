package llm.server.boot;

/** The product's version. */
final class Version {
  private Version() {}

  /** As the build wrote it into the module; {@code dev} when it runs from a class path. */
  static String current() {
    var descriptor = Version.class.getModule().getDescriptor();
    return descriptor == null ? "dev" : descriptor.rawVersion().orElse("dev");
  }
}
