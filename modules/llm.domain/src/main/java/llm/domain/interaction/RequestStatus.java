package llm.domain.interaction;

/** How far a {@link LlmRequest} is. */
public enum RequestStatus {
  /** May change; was not found valid since it last did. */
  CREATED,
  /** Was found valid; a change takes it back to {@link #CREATED}. */
  VALIDATED,
  /** An interaction runs or ran on it; it changes no more. */
  STARTED;

  /** This status after a change of the request. */
  RequestStatus changed() {
    if (this == STARTED) {
      throw new IllegalStateException("a request whose interaction was started cannot change");
    }
    return CREATED;
  }

  /** This status after the request was found valid. */
  RequestStatus validated() {
    if (this == STARTED) {
      throw new IllegalStateException(
          "a request whose interaction was started is not validated again");
    }
    return VALIDATED;
  }

  /** This status after an interaction took the request. */
  RequestStatus started() {
    if (this != VALIDATED) {
      throw new IllegalStateException(
          "an interaction starts from a request that is VALIDATED, this one is " + this);
    }
    return STARTED;
  }
}
