package llm.providers.replay;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import llm.core.config.Secret;
import org.junit.jupiter.api.Test;

class MaskTest {
  private final Mask mask = new Mask(List.of(new Secret("our/\"secret\"ü"), new Secret("abc")));

  private String body(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    byte[] masked = mask.body(bytes);
    assertThat(masked).hasSameSizeAs(bytes);
    return new String(masked, StandardCharsets.UTF_8);
  }

  @Test
  void fieldsAreMaskedByTheWordsOfTheirNames() {
    for (String name :
        List.of(
            "Authorization",
            "proxy-authorization",
            "x-api-key",
            "api-key",
            "Cookie",
            "Set-Cookie",
            "x-goog-api-key",
            "x-auth-token",
            "X_Secret")) {
      assertThat(mask.field(name, "short")).as(name).isEqualTo("***");
    }
    for (String name : List.of("content-type", "x-ratelimit-remaining-tokens", "x-author")) {
      assertThat(mask.field(name, "text/plain")).as(name).isEqualTo("text/plain");
    }
  }

  @Test
  void ourSecretsAreFoundInEveryFormOfTheirs() {
    assertThat(body("a our/\"secret\"ü b")).isEqualTo("a ************** b");
    assertThat(body("{\"a\":\"our/\\\"secret\\\"ü\"}")).doesNotContain("secret");
    assertThat(mask.path("/x/our%2F%22secret%22%C3%BC?a=1")).isEqualTo("/x/***?a=1");
    assertThat(body("abc is a word")).as("too short to be one").isEqualTo("abc is a word");
  }

  @Test
  void secretParametersOfAPathAreMasked() {
    assertThat(mask.path("/m?key=1&limit=1000&access_token=2"))
        .isEqualTo("/m?key=***&limit=1000&access_token=***");
  }

  @Test
  void tokensAreKnownByTheirShape() {
    for (String token :
        List.of(
            "sk-ant-api03-0123456789abcdef",
            "gsk_0123456789abcdefghij",
            "hf_0123456789abcdefghij",
            "ghp_0123456789abcdefghij",
            "AIza0123456789abcdefghijklmnopqrstuvwxy",
            "AKIA0123456789ABCDEF",
            "eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl")) {
      assertThat(body("is \"" + token + "\""))
          .as(token)
          .isEqualTo("is \"" + "*".repeat(token.length()) + "\"");
    }
    assertThat(body("Bearer 0123456789abcdef.")).isEqualTo("Bearer *****************");
    String words = "the risk-management-consulting task, whisk-whatever-comes-along, desk-0123";
    assertThat(body(words)).isEqualTo(words);
  }
}
