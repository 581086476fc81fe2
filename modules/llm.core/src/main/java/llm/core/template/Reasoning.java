package llm.core.template;

import java.util.List;

/**
 * What a model may write before its answer.
 *
 * @param begin the mark it begins with; empty where there is none, or nothing may come before
 * @param end marks that follow each other with anything between them; behind the last one comes the
 *     answer
 * @param begun whether it has begun with the prompt; else the answer may come at once
 */
public record Reasoning(String begin, List<String> end, boolean begun) {
  /** The answer comes at once. */
  public static final Reasoning NONE = new Reasoning("", List.of(), false);

  /** Copies the list. */
  public Reasoning {
    end = List.copyOf(end);
  }
}
