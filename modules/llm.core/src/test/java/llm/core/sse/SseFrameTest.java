package llm.core.sse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class SseFrameTest {
  @Test
  void writesDataInOneLineOrSeveral() {
    assertThat(data("{}")).isEqualTo("data: {}\n\n");
    assertThat(data("")).isEqualTo("data: \n\n");
    assertThat(data("a\nb")).isEqualTo("data: a\ndata: b\n\n");
    assertThat(data("a\r\nb\rc\n")).isEqualTo("data: a\ndata: b\ndata: c\ndata: \n\n");
  }

  @Test
  void writesNamedEventsAndComments() {
    byte[] event = SseFrame.event("usage", "1".getBytes(StandardCharsets.UTF_8));

    assertThat(text(event)).isEqualTo("event: usage\ndata: 1\n\n");
    assertThat(text(SseFrame.comment("alive"))).isEqualTo(": alive\n\n");
  }

  @Test
  void refusesLineBreaksWhereTheyWouldEndAField() {
    assertThatThrownBy(() -> SseFrame.event("a\nb", new byte[0]))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> SseFrame.comment("a\rb")).isInstanceOf(IllegalArgumentException.class);
  }

  private static String data(String payload) {
    return text(SseFrame.data(payload.getBytes(StandardCharsets.UTF_8)));
  }

  private static String text(byte[] frame) {
    return new String(frame, StandardCharsets.UTF_8);
  }
}
