package llm.core.response;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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

  /** The request with all that was said before; {@code items} are its body's. */
  ChatRequest request(ResponseCall asked, List<JsonText> items, Principal owner)
      throws LlmException {
    List<JsonText> earlier =
        asked.previous().isPresent() ? earlier(asked.previous().get(), owner) : List.of();
    return asked.request(earlier, items);
  }

  /** The body's items, those that it only names in full. */
  List<JsonText> resolved(ResponseCall asked, Principal owner) throws LlmException {
    return asked.resolved(new Named(owner)::find);
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

  /**
   * Items that a body names. A name is short and what it names may be long, so all of them together
   * are bounded; a response is read once, however many of its items are named.
   */
  private final class Named {
    private final Principal owner;
    private final Map<String, Map<String, JsonText>> known = new HashMap<>();
    private long chars;

    private Named(Principal owner) {
      this.owner = owner;
    }

    private Optional<JsonText> find(String id) throws LlmException {
      Matcher ours = OURS.matcher(id);
      if (!ours.matches()) {
        return Optional.empty();
      }
      String response = "resp_" + ours.group(1);
      Map<String, JsonText> items = known.get(response);
      if (items == null) {
        items = read(response);
        known.put(response, items);
      }
      Optional<JsonText> item = Optional.ofNullable(items.get(id));
      if (item.isPresent()) {
        count(item.get());
      }
      return item;
    }

    private Map<String, JsonText> read(String response) throws LlmException {
      if (known.size() == MOST_LINKS) {
        throw new LlmException(
            LlmError.InvalidRequest.at(
                "input",
                "The items that input names are of more than "
                    + MOST_LINKS
                    + " responses; send them themselves."));
      }
      var items = new LinkedHashMap<String, JsonText>();
      try {
        StoredResponse found = finder.find(response, owner);
        for (JsonText item : found.request().input()) {
          items.putIfAbsent(ResponseBodies.id(item), item);
        }
        if (found.answer().isPresent()) {
          for (JsonText item : ResponseBodies.output(found.answer().get())) {
            items.putIfAbsent(ResponseBodies.id(item), item);
          }
        }
      } catch (LlmException missing) {
        if (!(missing.error() instanceof LlmError.NotFound)) {
          throw missing;
        }
      }
      for (JsonText item : items.values()) {
        count(item);
      }
      return items;
    }

    private void count(JsonText item) throws LlmException {
      chars += item.value().length();
      if (chars > MOST_CHARS) {
        throw new LlmException(
            LlmError.InvalidRequest.at(
                "input",
                "The items that input names are longer than "
                    + MOST_CHARS
                    + " characters; send what matters of them."));
      }
    }
  }

  private static LlmException invalid(String message) {
    return new LlmException(LlmError.InvalidRequest.at(FIELD, message));
  }
}
