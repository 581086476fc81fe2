package llm.core.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.Optional;
import llm.core.template.ConversationTemplate.Ending;
import llm.core.template.ConversationTemplate.Marks;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Message;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A template is a program of a stranger: what it may use up is bounded. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TemplateBoundsTest {
  private static final String TWICE =
      "{% set ns = namespace(a=['x'], b=['x']) %}{% for i in range(60) %}"
          + "{% set ns.a = [ns.a, ns.a] %}{% set ns.b = [ns.b, ns.b] %}{% endfor %}";
  private static final String DEEP =
      "{% set ns = namespace(a=['x'], b=['x']) %}{% for i in range(90000) %}"
          + "{% set ns.a = [ns.a] %}{% set ns.b = [ns.b] %}{% endfor %}";
  private static final String LONG = "{% set ns = namespace(t='ab,' * 4000000, k=[]) %}";

  private static final String MANY =
      "{% set ns = namespace(d={}) %}{% for i in range(999) %}"
          + "{% set ns.d = dict(ns.d, {i * 1.5: 1}) %}{% endfor %}";

  private static String render(String template) throws LlmException {
    ZonedDateTime now = Instant.EPOCH.atZone(ZoneOffset.UTC);
    var read = ConversationTemplate.of(template, new Marks("", ""), Optional.empty(), () -> now);
    var request = ChatRequest.of(new ModelName("m"), List.of(Message.user("Hello 😀 you")));
    return String.join("", read.render(request, Ending.ANSWER).parts());
  }

  @Execution(ExecutionMode.CONCURRENT)
  @ParameterizedTest
  @ValueSource(
      strings = {
        TWICE + "{{ ns.a }}",
        TWICE + "{{ ns.a | string | length }}",
        TWICE + "{{ 'x' ~ ns.a }}",
        TWICE + "{{ ns.a | tojson | length }}",
        TWICE + "{{ ns.a | tojson(indent=64) | length }}",
        TWICE + "{{ ns.a == ns.b }}",
        TWICE + "{{ ns.a in [ns.b] }}",
        TWICE + "{{ [ns.a, ns.b] | unique | length }}",
        DEEP + "{{ ns.a }}",
        DEEP + "{{ ns.a | tojson }}",
        DEEP + "{{ ns.a == ns.b }}",
        LONG + "{{ ns.t.split(',') | length }}",
        LONG + "{{ ns.t.rsplit(',') | length }}",
        LONG + "{{ ns.t | list | length }}",
        LONG + "{% for c in ns.t %}{% endfor %}",
        LONG + "{{ ns.t[::-1] | length }}",
        LONG + "{% for i in range(99999) %}{% set x = ns.t[i] %}{% endfor %}",
        LONG + "{% for i in range(9999) %}{% set ns.k = ns.k + [ns.t.upper()] %}{% endfor %}",
        LONG + "{% for i in range(9999) %}{% set ns.k = ns.k + [ns.t | trim] %}{% endfor %}",
        LONG + "{% for i in range(9999) %}{% set ns.k = ns.k + [ns.t[1:]] %}{% endfor %}",
        LONG + "{% for i in range(99999) %}{% set x = 'zzzzzzzzzzz' in ns.t %}{% endfor %}",
        LONG + "{{ ('a' * 4000000 ~ 'b') in ('a' * 8000000) }}",
        LONG + "{{ ('1' * 9000000) | int }}",
        "{{ range(9000000) | length }}",
        "{% set ns = namespace(d={}) %}{% for i in range(99999) %}"
            + "{% set ns.d = dict(ns.d, {i: 1}) %}{% endfor %}",
        MANY + "{% for i in range(99999) %}{% set x = ns.d.items() %}{% endfor %}",
        MANY + "{% for i in range(99999) %}{% set x = ns.d | dictsort %}{% endfor %}",
        MANY + "{% for i in range(99999) %}{{ ns.d }}{% endfor %}",
        MANY
            + "{% for i in range(99999) %}{{ ns.d | tojson(sort_keys=true) | length }}{% endfor %}",
        "{% set n = 2 ** 4000 %}{% for i in range(99999) %}{{ {n: n} }}{% endfor %}",
      })
  void endsATemplateThatTakesTooMuch(String template) {
    assertThatThrownBy(() -> render(template))
        .isInstanceOf(LlmException.class)
        .hasMessageContaining("line 1");
  }

  @Test
  void cutsTextsByTheirCharactersAsPythonDoes() throws LlmException {
    assertThat(
            render(
                "{% set c = messages[0].content %}{{ c }}|{{ c[6] }}|{{ c[-1] }}|{{ c[5:8] }}|"
                    + "{{ c[:-4] }}|{{ c[::-1] }}|{{ c[99:] }}|{{ 'aXbXc'.rsplit('X', 1) }}|"
                    + "{{ 'banana'.count('an') }}"))
        .isEqualTo("Hello 😀 you|😀|u| 😀 |Hello 😀|uoy 😀 olleH||['aXb', 'c']|2");
  }
}
