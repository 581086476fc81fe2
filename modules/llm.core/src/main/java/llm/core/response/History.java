package llm.core.response;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import llm.core.dialect.responses.ResponseBodies;
import llm.core.dialect.responses.ResponseCall;
import llm.core.dialect.responses.ResponseStatus;
import llm.domain.call.Principal;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.JsonText;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;

/** What was said before a request: the responses it goes on from, back to the first. */
final class History {
  private static final int MOST_LINKS = 1_000;
  private static final long MOST_CHARS = 32L << 20;
  private static final String FIELD = "previous_response_id";
  private static final Pattern OURS = Pattern.compile("[a-z]+_([0-9a-f]{32})_i?[0-9]{1,6}");

  private final Finder finder;
  private final Function<String, Optional<BackgroundRun>> running;

  /** Finds a response of an owner. */
  @FunctionalInterface
  interface Finder {
    /**
     * The response.
     *
     * @throws LlmException with {@code NotFound}
     */
    StoredResponse find(String id, Principal owner) throws LlmException;
  }

  History(Finder finder, Function<String, Optional<BackgroundRun>> running) {
    this.finder = finder;
    this.running = running;
  }

  /** The request with all that was said before. */
  ChatRequest request(ResponseCall asked, Principal owner) throws LlmException {
    List<JsonText> earlier =
        asked.previous().isPresent() ? earlier(asked.previous().get(), owner) : List.of();
    return asked.request(earlier, id -> item(id, owner));
  }

  /** The body's items, those that it only names in full. */
  List<JsonText> resolved(ResponseCall asked, Principal owner) throws LlmException {
    return asked.resolved(id -> item(id, owner));
  }

  private List<JsonText> earlier(String last, Principal owner) throws LlmException {
    Deque<StoredResponse> links = new ArrayDeque<>();
    Optional<String> next = Optional.of(last);
    long chars = 0;
    while (next.isPresent()) {
      StoredResponse link = link(next.get(), owner);
      chars += link.answer().orElseThrow().value().length();
      chars += link.request().input().stream().mapToLong(item -> item.value().length()).sum();
      if (links.size() == MOST_LINKS || chars > MOST_CHARS) {
        throw invalid(
            "The responses before this one are more than "
                + MOST_LINKS
                + ", or longer than "
                + MOST_CHARS
                + " characters; begin anew with what matters of them.");
      }
      links.push(link);
      next = link.request().previous();
    }
    List<JsonText> items = new ArrayList<>();
    for (StoredResponse link : links) {
      items.addAll(link.request().input());
      items.addAll(ResponseBodies.output(link.answer().orElseThrow()));
    }
    return items;
  }

  private StoredResponse link(String id, Principal owner) throws LlmException {
    StoredResponse found;
    try {
      found = finder.find(id, owner);
    } catch (LlmException missing) {
      if (!(missing.error() instanceof LlmError.NotFound)) {
        throw missing;
      }
      throw invalid(
          missing.getMessage()
              + " It was never stored, or removed, or is not yours; send its items.");
    }
    if (found.answer().isEmpty()) {
      boolean isMade = running.apply(id).isPresent();
      throw invalid(
          "Response '"
              + id
              + (isMade ? "' is still being made; wait for it." : "' was never finished."));
    }
    ResponseStatus status = ResponseBodies.status(found.answer().get());
    if (status == ResponseStatus.FAILED || status == ResponseStatus.CANCELLED) {
      throw invalid(
          "Response '"
              + id
              + "' is "
              + status.wireName()
              + "; go on from the one before it, or send its items.");
    }
    return found;
  }

  private Optional<JsonText> item(String id, Principal owner) throws LlmException {
    Matcher ours = OURS.matcher(id);
    if (!ours.matches()) {
      return Optional.empty();
    }
    try {
      StoredResponse found = finder.find("resp_" + ours.group(1), owner);
      var items = new ArrayList<>(found.request().input());
      if (found.answer().isPresent()) {
        items.addAll(ResponseBodies.output(found.answer().get()));
      }
      for (JsonText item : items) {
        if (ResponseBodies.id(item).equals(id)) {
          return Optional.of(item);
        }
      }
      return Optional.empty();
    } catch (LlmException missing) {
      if (missing.error() instanceof LlmError.NotFound) {
        return Optional.empty();
      }
      throw missing;
    }
  }

  private static LlmException invalid(String message) {
    return new LlmException(LlmError.InvalidRequest.at(FIELD, message));
  }
}
