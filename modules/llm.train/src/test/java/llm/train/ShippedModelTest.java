package llm.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import llm.gpu.gguf.GgufReader;
import llm.train.corpus.Language;
import llm.train.corpus.ProductCorpus;
import org.junit.jupiter.api.Test;

/** The file that ships is the one that was trained, on the corpus as it is today. */
class ShippedModelTest {
  private static final Path ROOT = Path.of("").toAbsolutePath().getParent().getParent();
  private static final Path MODEL = ROOT.resolve("models/builtin.gguf");
  private static final long MAX_BYTES = 3_000_000;

  @Test
  void theFileIsTheOneWhoseHashStandsBesideIt() throws Exception {
    byte[] digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(MODEL));

    assertThat(Files.readString(ROOT.resolve("models/builtin.gguf.sha256")))
        .isEqualTo(HexFormat.of().formatHex(digest) + "  builtin.gguf\n");
    assertThat(Files.size(MODEL)).isLessThanOrEqualTo(MAX_BYTES);
  }

  @Test
  void itLearnedTodaysCorpus() throws Exception {
    var corpus = ProductCorpus.read(ROOT);
    var texts = GgufReader.read(MODEL).texts();

    assertThat(texts.get("llm_server.corpus.sha256"))
        .as(
            "what models/builtin.gguf learned; the corpus has changed since: run tools/train-builtin")
        .isEqualTo(corpus.sha256());
    assertThat(texts)
        .containsEntry("llm_server.fallback.en", corpus.fallback(Language.ENGLISH))
        .containsEntry("llm_server.fallback.ru", corpus.fallback(Language.RUSSIAN));
  }
}
