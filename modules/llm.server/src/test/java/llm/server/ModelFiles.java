package llm.server;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Sound and damaged GGUF files, written by the test tree of llm.gpu; no module of the product holds
 * that code.
 */
final class ModelFiles implements AutoCloseable {
  static final Path ROOT = Path.of("").toAbsolutePath().getParent().getParent();

  /** The environment in which a server finds the library. */
  static final Map<String, String> HOME = Map.of("JDK_JAVA_OPTIONS", "-Dllm.home=" + ROOT);

  private static final String PACKAGE = "llm.gpu.testmodel.";

  private final URLClassLoader loader;

  ModelFiles() throws Exception {
    URL classes = ROOT.resolve("modules/llm.gpu/target/test-classes/").toUri().toURL();
    loader = new URLClassLoader(new URL[] {classes});
  }

  /** Skips the test where the llama.cpp library is not there. */
  static void requireLibrary() {
    boolean fetched = Files.isDirectory(ROOT.resolve("native/node_modules/@node-llama-cpp"));
    assumeTrue(fetched, "the llama.cpp library is not fetched; run tools/native");
  }

  /** A model with a window of so many tokens: a token for each letter. */
  byte[] model(int window) throws Exception {
    return bytes(plain(window));
  }

  /** The same with a chat template. */
  byte[] model(int window, String template) throws Exception {
    Object plain = plain(window);
    return bytes(plain.getClass().getMethod("withTemplate", String.class).invoke(plain, template));
  }

  /** The same with other weights. */
  byte[] model(int window, long seed) throws Exception {
    Object plain = plain(window);
    Object seeded = plain.getClass().getMethod("withSeed", long.class).invoke(plain, seed);
    return bytes(seeded);
  }

  /** A model with what {@code damage} names. */
  byte[] model(String damage) throws Exception {
    Object plain = plain(512);
    Class<?> kinds = type("TinyModel$Damage");
    Object kind = kinds.getMethod("valueOf", String.class).invoke(null, damage);
    return bytes(plain.getClass().getMethod("with", kinds).invoke(plain, kind));
  }

  private Object plain(int window) throws Exception {
    return type("TinyModel").getMethod("plain", int.class).invoke(null, window);
  }

  /**
   * Writes a model that says scripts, each where its template writes {@code <|say:NAME|>}.
   *
   * @param template for conversations without tools
   * @param toolTemplate for those with tools
   */
  void writeScripted(Path file, String template, String toolTemplate, Map<String, String> scripts)
      throws Exception {
    type("ScriptedModel")
        .getMethod("write", Path.class, String.class, String.class, Map.class)
        .invoke(null, file, template, toolTemplate, scripts);
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
