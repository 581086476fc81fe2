package llm.gpu.grammar;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.module.ModuleReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * A vocabulary that models in use have: OpenAI's o200k, which lies in the library that estimates
 * tokens. Some 200,000 tokens, with spaces, signs of JSON in all mixtures, and pieces of
 * characters.
 */
final class RealVocabulary {
  private static final String FILE = "com/knuddels/jtokkit/o200k_base.tiktoken";

  private RealVocabulary() {}

  /** All of them, and one more that ends a generation. */
  static ModelTokens read() throws IOException {
    var module = ModuleLayer.boot().configuration().findModule("jtokkit").orElseThrow();
    List<byte[]> texts = new ArrayList<>();
    List<String> names = new ArrayList<>();
    try (ModuleReader reader = module.reference().open();
        var lines =
            new BufferedReader(
                new InputStreamReader(
                    reader.open(FILE).orElseThrow(), StandardCharsets.US_ASCII))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        texts.add(Base64.getDecoder().decode(line.substring(0, line.indexOf(' '))));
        names.add("");
      }
    }
    texts.add(new byte[0]);
    names.add("");
    return new ModelTokens(texts, names, new int[] {texts.size() - 1});
  }
}
