package llm.core.dialect.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import llm.domain.chat.Message;
import llm.domain.chat.Priority;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.domain.prompt.WarmPrefix;
import llm.domain.prompt.WarmPrefixId;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("T-5: the bodies of /llm/warm")
class WarmRequestReaderTest {
  private static final String MESSAGES =
      "\"messages\":[{\"role\":\"system\",\"content\":\"Be kind.\"}]";

  @Test
  void whatIsLeftOutHasItsDefault() throws LlmException {
    WarmCall call = read("{" + MESSAGES + "}");
    assertThat(call.prefix().model()).isEqualTo(new ModelName("default"));
    assertThat(call.prefix().messages()).containsExactly(Message.system("Be kind."));
    assertThat(call.prefix().priority()).isEqualTo(Priority.BACKGROUND);
    assertThat(call.keep()).isEqualTo(Duration.ofMinutes(5));
  }

  @Test
  void everyFieldIsRead() throws LlmException {
    WarmCall call =
        read(
            "{\"model\":\"m\",\"ttl_seconds\":3600,\"priority\":\"interactive\"," + MESSAGES + "}");
    assertThat(call.prefix().model()).isEqualTo(new ModelName("m"));
    assertThat(call.prefix().priority()).isEqualTo(Priority.INTERACTIVE);
    assertThat(call.keep()).isEqualTo(Duration.ofHours(1));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {}                          | messages    | messages is missing
          {"messages":[]}             | messages    | messages
          {"ttl_seconds":0}           | ttl_seconds | ttl_seconds 0 must be 1 to 3600
          {"ttl_seconds":3601}        | ttl_seconds | ttl_seconds 3601 must be 1 to 3600
          {"ttl_seconds":1.5}         | ttl_seconds | must be an integer
          {"priority":"low"}          | priority    | must be interactive or background
          {"prompt":"a"}              | prompt      | model, messages, ttl_seconds and priority are
          {"max_tokens":1}            | max_tokens  | is not known here
          """)
  void whatIsWrongIsNamed(String body, String path, String message) {
    var refused = catchThrowableOfType(LlmException.class, () -> read(body));
    assertThat(refused.error())
        .isInstanceOfSatisfying(
            LlmError.InvalidRequest.class,
            error -> {
              assertThat(error.path()).contains(path);
              assertThat(error.message()).contains(message);
            });
  }

  @Test
  void answersAreWrittenWithTimesInMilliseconds() {
    var id = new WarmPrefixId(new UUID(0, 1));
    var expires = Instant.parse("2026-01-02T03:04:05.678901Z");
    var prefix = new WarmPrefix(id, new ModelName("m"), 12, 3, expires);
    String one =
        "{\"id\":\"warm-00000000-0000-0000-0000-000000000001\",\"model\":\"m\",\"prompt_tokens\":12,"
            + "\"cached_tokens\":3,\"expires_at\":\"2026-01-02T03:04:05.678Z\"}";
    assertThat(WarmResponses.one(prefix)).asString(StandardCharsets.UTF_8).isEqualTo(one);
    assertThat(WarmResponses.all(List.of(prefix, prefix)))
        .asString(StandardCharsets.UTF_8)
        .isEqualTo("{\"prefixes\":[" + one + "," + one + "]}");
    assertThat(WarmResponses.all(List.of()))
        .asString(StandardCharsets.UTF_8)
        .isEqualTo("{\"prefixes\":[]}");
  }

  private static WarmCall read(String body) throws LlmException {
    return WarmRequestReader.read(
        body.getBytes(StandardCharsets.UTF_8), asked -> new ModelName(asked.orElse("default")));
  }
}
