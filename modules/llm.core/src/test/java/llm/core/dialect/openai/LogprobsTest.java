package llm.core.dialect.openai;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import llm.core.dialect.openai.upstream.ChunkReader;
import llm.core.dialect.upstream.UpstreamFailures;
import llm.domain.chat.ChatResult;
import llm.domain.chat.FinishReason;
import llm.domain.chat.JsonText;
import llm.domain.chat.SamplingOptions;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.TokenLogprob;
import llm.domain.chat.ToolCall;
import llm.domain.chat.Usage;
import llm.domain.error.LlmException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

@DisplayName("P-2: log probabilities stand in an answer as OpenAI has them")
class LogprobsTest {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final long SEED = 20_261_121;
  private static final SamplingOptions ASKED = SamplingOptions.builder().topLogprobs(0).build();
  private static final String EMPTY = "{\"content\":[],\"refusal\":null}";
  private static final List<TokenLogprob> TOKENS =
      List.of(
          TokenLogprob.of(
              bytes("ü"),
              -.25,
              List.of(TokenLogprob.Top.of(bytes("ü"), -.25), TokenLogprob.Top.of(bytes("u"), -2))),
          TokenLogprob.of(new byte[] {(byte) 0xf0, (byte) 0x9f}, -1e-7, List.of()),
          new TokenLogprob("</s>", Double.NEGATIVE_INFINITY, List.of(), List.of()));
  private static final String WRITTEN =
      "{\"content\":[{\"token\":\"ü\",\"logprob\":-0.25,\"bytes\":[195,188],\"top_logprobs\":["
          + "{\"token\":\"ü\",\"logprob\":-0.25,\"bytes\":[195,188]},"
          + "{\"token\":\"u\",\"logprob\":-2,\"bytes\":[117]}]},"
          + "{\"token\":\"\ufffd\",\"logprob\":-1.0E-7,\"bytes\":[240,159],\"top_logprobs\":[]},"
          + "{\"token\":\"</s>\",\"logprob\":-9999,\"bytes\":null,\"top_logprobs\":[]}],"
          + "\"refusal\":null}";

  @Test
  void inAWholeAnswer() {
    var choice = JSON.readTree(whole("ü", TOKENS)).get("choices").get(0);
    assertThat(choice.get("logprobs").toString()).isEqualTo(WRITTEN);
    assertThat(choice.propertyNames())
        .containsExactly("index", "message", "logprobs", "finish_reason");
  }

  @Test
  void anAnswerWithoutATokenHasAnEmptyListWhereTheyWereAskedFor() {
    assertThat(logprobsOf("", List.of(), ASKED)).isEqualTo(EMPTY);
    assertThat(logprobsOf("", List.of(), SamplingOptions.DEFAULTS)).isEqualTo("null");
    assertThat(logprobsOf("said", List.of(), ASKED))
        .as("text of a provider that has none")
        .isEqualTo("null");
    var call = new ToolCall("c", "f", new JsonText("{}"));
    assertThat(logprobsOf("", List.of(call), ASKED)).isEqualTo("null");
  }

  @Test
  void aStreamBeginsWithAnEmptyListWhereTheyWereAskedFor() throws IOException {
    var started = new StreamEvent.Started("m");
    var done = new StreamEvent.Done(FinishReason.STOP, Usage.NONE);
    var asked = new OpenAiStreamWriter("chatcmpl-1", 17, "m", false).withLogprobs();
    List<String> frames = frames(asked, started, done);
    assertThat(frames.getFirst())
        .endsWith(
            "\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"logprobs\":"
                + EMPTY
                + ",\"finish_reason\":null}]}");
    assertThat(frames.get(1)).contains("\"logprobs\":null,\"finish_reason\":\"stop\"");
    assertThat(frames(started).getFirst()).contains("\"logprobs\":null");
  }

  private static String logprobsOf(String text, List<ToolCall> calls, SamplingOptions asked) {
    var result = new ChatResult("m", text, "", calls, FinishReason.STOP, Usage.of(5, 1));
    byte[] body = OpenAiResponses.completion(result, asked, "chatcmpl-1", 17);
    return JSON.readTree(body).get("choices").get(0).get("logprobs").toString();
  }

  @Test
  void inAChunkBesideItsText() throws IOException {
    String frame = frames(new StreamEvent.TextDelta("ü\"", TOKENS)).getFirst();
    assertThat(frame)
        .endsWith(
            "\"choices\":[{\"index\":0,\"delta\":{\"content\":\"ü\\\"\"},\"logprobs\":"
                + WRITTEN
                + ",\"finish_reason\":null}],\"usage\":null}");
  }

  @Test
  void whatAWholeAnswerSaysIsReadBack() throws LlmException {
    var random = new Random(SEED);
    for (int round = 0; round < 200; round++) {
      List<TokenLogprob> tokens = anyTokens(random);
      byte[] body = whole("text", tokens);
      var seen = new ArrayList<StreamEvent>();
      reader().withLogprobs().read(body, 0, body.length, seen::add);
      assertThat(seen)
          .as("seed %d, round %d", SEED, round)
          .containsExactly(new StreamEvent.TextDelta("text", tokens));
    }
  }

  @Test
  void whatAStreamSaysIsReadBack() throws Exception {
    var random = new Random(SEED);
    for (int round = 0; round < 200; round++) {
      List<StreamEvent> said =
          IntStream.range(0, 1 + random.nextInt(5))
              .<StreamEvent>mapToObj(i -> anyDelta(i, random))
              .toList();
      var seen = new ArrayList<StreamEvent>();
      ChunkReader reader = reader().withLogprobs();
      for (String frame : frames(said.toArray(StreamEvent[]::new))) {
        byte[] data = bytes(frame);
        reader.read(data, 0, data.length, seen::add);
      }
      assertThat(seen).as("seed %d, round %d", SEED, round).isEqualTo(said);
    }
  }

  private static StreamEvent anyDelta(int index, Random random) {
    return switch (random.nextInt(3)) {
      case 0 -> new StreamEvent.TextDelta("t" + index);
      case 1 -> new StreamEvent.TextDelta("", anyTokens(random));
      default -> new StreamEvent.TextDelta("t" + index, anyTokens(random));
    };
  }

  private static List<TokenLogprob> anyTokens(Random random) {
    return IntStream.range(0, 1 + random.nextInt(3))
        .mapToObj(_ -> TokenLogprob.of(piece(random), logprob(random), anyTop(random)))
        .toList();
  }

  private static List<TokenLogprob.Top> anyTop(Random random) {
    return IntStream.range(0, random.nextInt(21))
        .mapToObj(_ -> TokenLogprob.Top.of(piece(random), logprob(random)))
        .toList();
  }

  private static byte[] piece(Random random) {
    byte[] piece = new byte[random.nextInt(5)];
    random.nextBytes(piece);
    return piece;
  }

  private static double logprob(Random random) {
    return random.nextInt(9) == 0 ? TokenLogprob.UNLIKELY : -Math.exp(random.nextDouble(-30, 9));
  }

  private static ChunkReader reader() {
    return new ChunkReader(new UpstreamFailures("up"), () -> "none");
  }

  private static byte[] whole(String text, List<TokenLogprob> tokens) {
    var result =
        new ChatResult("m", text, "", List.of(), FinishReason.STOP, Usage.of(5, 2), tokens);
    return OpenAiResponses.completion(result, ASKED, "chatcmpl-1", 17);
  }

  private static List<String> frames(StreamEvent... events) throws IOException {
    return frames(new OpenAiStreamWriter("chatcmpl-1", 17, "m", true), events);
  }

  private static List<String> frames(OpenAiStreamWriter writer, StreamEvent... events)
      throws IOException {
    var out = new ByteArrayOutputStream();
    for (StreamEvent event : events) {
      writer.write(event, out);
    }
    return out.toString(StandardCharsets.UTF_8)
        .lines()
        .filter(line -> !line.isEmpty())
        .map(line -> line.substring("data: ".length()))
        .toList();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
