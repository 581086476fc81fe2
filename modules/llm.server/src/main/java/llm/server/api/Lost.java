package llm.server.api;

import java.util.ArrayList;
import java.util.List;
import llm.core.gateway.Gateway;
import llm.domain.chat.ChatRequest;
import llm.domain.error.LlmException;
import llm.server.http.Response;

/**
 * The response header that names what of a request does not reach its model, because the model's
 * provider speaks another dialect: nothing is dropped in silence.
 */
final class Lost {
  static final String HEADER = "x-llm-lost";

  private static final int MOST_CHARACTERS = 1_000; // and what stands for the rest
  private static final int MOST_OF_A_NAME = 100;

  private Lost() {}

  /** {@code response} with the header, where {@code request} loses something. */
  static Response.Full tell(Response.Full response, String lost) {
    return lost.isEmpty() ? response : response.with(HEADER, lost);
  }

  /** {@code response} with the header, where {@code request} loses something. */
  static Response.Events tell(Response.Events response, String lost) {
    return lost.isEmpty() ? response : response.with(HEADER, lost);
  }

  /**
   * What is lost, as the header's value; empty for nothing.
   *
   * @param headers of the request that are not passed on either
   */
  static String of(Gateway gateway, ChatRequest request, String... headers) throws LlmException {
    List<String> names = new ArrayList<>(gateway.lost(request));
    names.addAll(List.of(headers));
    var value = new StringBuilder();
    for (int i = 0; i < names.size(); i++) {
      String name = shown(names.get(i));
      if (value.length() + name.length() > MOST_CHARACTERS) {
        return value.append(", +").append(names.size() - i).toString();
      }
      value.append(value.isEmpty() ? "" : ", ").append(name);
    }
    return value.toString();
  }

  /** A name is the caller's: what a header may not hold, or what parts its list, becomes a mark. */
  private static String shown(String name) {
    var shown = new StringBuilder();
    for (int i = 0; i < Math.min(name.length(), MOST_OF_A_NAME); i++) {
      char c = name.charAt(i);
      shown.append(c > ' ' && c < 0x7f && c != ',' ? c : '?');
    }
    return shown.append(name.length() > MOST_OF_A_NAME ? "..." : "").toString();
  }
}
