package llm.server;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;

/**
 * Sound and damaged GGUF files, written by the test tree of llm.gpu; no module of the product holds
 * that code.
 */
final class ModelFiles implements AutoCloseable {
  static final Path ROOT = Path.of("").toAbsolutePath().getParent().getParent();
  private static final String PACKAGE = "llm.gpu.testmodel.";

  private final URLClassLoader loader;

  ModelFiles() throws Exception {
    URL classes = ROOT.resolve("modules/llm.gpu/target/test-classes/").toUri().toURL();
    loader = new URLClassLoader(new URL[] {classes});
  }

  /** Whether the llama.cpp library is there. */
  static boolean libraryIsFetched() {
    return Files.isDirectory(ROOT.resolve("native/node_modules/@node-llama-cpp"));
  }

  /** The folder of the library, which is there. */
  static Path library() throws IOException {
    try (var files = Files.walk(ROOT.resolve("native/node_modules/@node-llama-cpp"))) {
      return files
          .filter(file -> file.getFileName().toString().startsWith("libllama.v"))
          .findFirst()
          .orElseThrow()
          .getParent();
    }
  }

  /** A model with a window of so many tokens: a token for each letter. */
  byte[] model(int window, long seed) throws Exception {
    Object plain = type("TinyModel").getMethod("plain", int.class).invoke(null, window);
    Object seeded = plain.getClass().getMethod("withSeed", long.class).invoke(plain, seed);
    return bytes(seeded);
  }

  /** The same with what {@code damage} names. */
  byte[] model(String damage) throws Exception {
    Object plain = type("TinyModel").getMethod("plain", int.class).invoke(null, 512);
    Class<?> kinds = type("TinyModel$Damage");
    Object kind = kinds.getMethod("valueOf", String.class).invoke(null, damage);
    return bytes(plain.getClass().getMethod("with", kinds).invoke(plain, kind));
  }

  /** An adapter of it. */
  byte[] adapter(long seed) throws Exception {
    return bytes(type("TinyLora").getMethod("of", long.class).invoke(null, seed));
  }

  /** A file with up to three wounds in its header. */
  byte[] damaged(byte[] sound, long seed) throws Exception {
    Object damage = type("GgufDamage").getConstructor(byte[].class).newInstance(sound);
    return (byte[])
        damage
            .getClass()
            .getMethod("damaged", SplittableRandom.class)
            .invoke(damage, new SplittableRandom(seed));
  }

  private static byte[] bytes(Object file)
      throws NoSuchMethodException, IllegalAccessException, InvocationTargetException {
    return (byte[]) file.getClass().getMethod("bytes").invoke(file);
  }

  private Class<?> type(String name) throws ClassNotFoundException {
    return loader.loadClass(PACKAGE + name);
  }

  @Override
  public void close() throws IOException {
    loader.close();
  }
}
