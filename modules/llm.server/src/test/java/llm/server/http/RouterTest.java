package llm.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import java.util.Optional;
import llm.domain.error.LlmError;
import llm.server.http.Router.Match;
import org.junit.jupiter.api.Test;

class RouterTest {
  private static final Route LIST = route("GET", "/items");
  private static final Route CREATE = route("POST", "/items");
  private static final Route ITEM = route("GET", "/items/{id}");
  private static final Route LATEST = route("GET", "/items/latest");
  private final Router router = new Router(List.of(LIST, CREATE, ITEM, LATEST));

  private static Route route(String method, String template) {
    return new Route(method, template, Route.Kind.WORK, _ -> Response.empty());
  }

  @Test
  void findsByMethodAndPath() {
    assertThat(router.match("GET", "/items")).isEqualTo(new Match.Found(LIST, Optional.empty()));
    assertThat(router.match("POST", "/items")).isEqualTo(new Match.Found(CREATE, Optional.empty()));
  }

  @Test
  void aFixedPathWinsOverAVariable() {
    assertThat(router.match("GET", "/items/latest"))
        .isEqualTo(new Match.Found(LATEST, Optional.empty()));
  }

  @Test
  void theVariableTakesTheRestOfThePathDecoded() {
    assertThat(router.match("GET", "/items/a%2Fb/c%20d"))
        .isEqualTo(new Match.Found(ITEM, Optional.of("a/b/c d")));
  }

  @Test
  void anEmptyVariableIsNoMatch() {
    assertThat(router.match("GET", "/items/"))
        .isEqualTo(new Match.Missing(new LlmError.NotFound("endpoint", "/items/")));
  }

  @Test
  void headFindsTheRouteOfGet() {
    assertThat(router.match("HEAD", "/items")).isEqualTo(new Match.Found(LIST, Optional.empty()));
  }

  @Test
  void aWrongMethodNamesTheRightOnes() {
    assertThat(router.match("PUT", "/items"))
        .isEqualTo(
            new Match.Missing(new LlmError.MethodNotAllowed("PUT", "GET, HEAD, OPTIONS, POST")));
    assertThat(router.match("OPTIONS", "/items"))
        .isEqualTo(new Match.Options("/items", "GET, HEAD, OPTIONS, POST"));
  }

  @Test
  void aVariableInTheMiddleTakesOneStepAndWinsOverOneThatTakesTheRest() {
    Route parts = route("POST", "/items/{id}/parts");
    Route put = route("POST", "/items/{id}");
    var both = new Router(List.of(ITEM, put, parts));

    assertThat(both.match("POST", "/items/a%20b/parts"))
        .isEqualTo(new Match.Found(parts, Optional.of("a b")));
    assertThat(both.match("POST", "/items/a/b/parts"))
        .isEqualTo(new Match.Found(put, Optional.of("a/b/parts")));
    assertThat(both.match("POST", "/items//parts"))
        .isEqualTo(new Match.Found(put, Optional.of("/parts")));
    assertThat(new Router(List.of(parts)).match("GET", "/items/a/parts"))
        .isEqualTo(new Match.Missing(new LlmError.MethodNotAllowed("GET", "OPTIONS, POST")));
    assertThatIllegalArgumentException().isThrownBy(() -> route("GET", "/a/{x}/b/{y}"));
    assertThatIllegalArgumentException().isThrownBy(() -> route("GET", "/a/{x}b"));
    assertThatIllegalArgumentException().isThrownBy(() -> route("GET", "/a{id}"));
    assertThatIllegalArgumentException().isThrownBy(() -> route("GET", "a"));
  }
}
