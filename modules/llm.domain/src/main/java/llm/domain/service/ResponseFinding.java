package llm.domain.service;

import llm.domain.text.Excerpt;

/** Something about an answer that its user should know. */
public sealed interface ResponseFinding {

  /** One sentence; it quotes names and counts, never what was said. */
  String message();

  /** Forbids to use the answer as it is. */
  sealed interface Fault extends ResponseFinding {}

  /** The answer may be used. */
  sealed interface Warning extends ResponseFinding {}

  /** Neither text nor a tool call. */
  record EmptyAnswer() implements Fault {
    @Override
    public String message() {
      return "The answer has neither text nor a tool call.";
    }
  }

  /** The provider ended the answer as failed. */
  record GenerationFailed() implements Fault {
    @Override
    public String message() {
      return "The generation ended in an error.";
    }
  }

  /** The finish reason announces tool calls, and there is none. */
  record CallsMissing() implements Fault {
    @Override
    public String message() {
      return "The answer ended to call tools, but it calls none.";
    }
  }

  /**
   * Two calls have one id, so that a result could not say which it answers.
   *
   * @param id the id
   */
  record RepeatedCallId(String id) implements Fault {
    @Override
    public String message() {
      return "Two tool calls have the id " + Excerpt.of(id) + ".";
    }
  }

  /**
   * A call of a tool that was not offered.
   *
   * @param name the tool
   */
  record UnknownTool(String name) implements Fault {
    @Override
    public String message() {
      return "Tool " + Excerpt.of(name) + " was called but not offered.";
    }
  }

  /**
   * Arguments that cannot be a JSON object; mostly they were cut off.
   *
   * @param callId the call
   * @param name the tool
   */
  record ArgumentsNotAnObject(String callId, String name) implements Fault {
    @Override
    public String message() {
      return "The arguments of call "
          + Excerpt.of(callId)
          + " of tool "
          + Excerpt.of(name)
          + " are not a JSON object.";
    }
  }

  /**
   * More than one tool call where the policy is sequential.
   *
   * @param count how many there are, 2 or more
   */
  record MultipleToolCalls(int count) implements Warning {
    @Override
    public String message() {
      return "Multiple tool calls detected (" + count + "). Only the first one should be executed.";
    }
  }

  /** The output limit or the context's end cut the answer. */
  record Truncated() implements Warning {
    @Override
    public String message() {
      return "The answer was cut at its token limit.";
    }
  }

  /** The provider's filter cut the answer. */
  record Filtered() implements Warning {
    @Override
    public String message() {
      return "The provider's content filter cut the answer.";
    }
  }

  /** The provider ended the answer for a reason that is not known here. */
  record UnknownReason() implements Warning {
    @Override
    public String message() {
      return "The answer ended for a reason that is not known here.";
    }
  }

  /**
   * More tokens were taken than there was room for.
   *
   * @param tokensUsed prompt and answer together
   * @param limit the room
   */
  record LimitExceeded(int tokensUsed, int limit) implements Fault {
    @Override
    public String message() {
      return "Prompt and answer took " + tokensUsed + " tokens of " + limit + ".";
    }
  }

  /**
   * Little room is left for the next turn.
   *
   * @param remaining tokens left
   * @param limit the room
   */
  record LimitNearlyExhausted(int remaining, int limit) implements Warning {
    @Override
    public String message() {
      return "Only " + remaining + " of " + limit + " tokens are left.";
    }
  }
}
