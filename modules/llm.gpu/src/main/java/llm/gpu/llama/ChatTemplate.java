package llm.gpu.llama;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import llm.gpu.ffi.ChatMessageStruct;
import llm.gpu.ffi.Vocabularies;

/**
 * A chat template as {@code llama_chat_apply_template} does it: it recognises the text of 54 known
 * templates and is no Jinja interpreter.
 *
 * @param text the template as the model file has it
 */
public record ChatTemplate(String text) {
  private static final char MARK = '\uE000'; // for private use: no template has it
  private static final String SPACES = " \t\n\u000B\f\r";

  /**
   * One message.
   *
   * @param role as {@code user}
   * @param content what is said; no character U+0000, which would end the text in C
   */
  public record Turn(String role, String content) {
    /** Rejects U+0000. */
    public Turn {
      if (role.indexOf('\0') >= 0 || content.indexOf('\0') >= 0) {
        throw new IllegalArgumentException("a message may not hold the character U+0000");
      }
    }
  }

  /** How a prompt ends. */
  public enum Ending {
    /** Where the assistant's answer begins. */
    ANSWER,
    /** After the last message, so that more can follow. */
    OPEN
  }

  /** The prompt; empty when the template is not known. */
  public Optional<String> apply(List<Turn> turns, Ending ending) {
    boolean answer = ending == Ending.ANSWER;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment template = arena.allocateFrom(text);
      MemorySegment messages = ChatMessageStruct.allocateArray(arena, turns.size());
      int size = 1024;
      for (int i = 0; i < turns.size(); i++) {
        MemorySegment content = arena.allocateFrom(turns.get(i).content());
        ChatMessageStruct.set(messages, i, arena.allocateFrom(turns.get(i).role()), content);
        size = Math.addExact(size, Math.toIntExact(content.byteSize()) + 64);
      }
      MemorySegment buffer = arena.allocate(size);
      int written = Vocabularies.applyTemplate(template, messages, answer, buffer);
      if (written > size) {
        buffer = arena.allocate(written);
        written = Vocabularies.applyTemplate(template, messages, answer, buffer);
      }
      return written < 0
          ? Optional.empty()
          : Optional.of(
              new String(buffer.asSlice(0, written).toArray(JAVA_BYTE), StandardCharsets.UTF_8));
    }
  }

  /**
   * Cuts {@code prompt}, which {@link #apply} made of {@code turns}, at the messages' contents: the
   * template's words and contents take turns, the template's first and last. Together they are the
   * prompt. A content is as the template put it, which may be without white space at its ends.
   *
   * <p>The template is applied a second time to turns with marks for contents.
   *
   * @return empty when the template does not put each content once and in order
   */
  public Optional<List<String>> cut(List<Turn> turns, String prompt, Ending ending) {
    List<Turn> marked = new ArrayList<>();
    for (int i = 0; i < turns.size(); i++) {
      marked.add(new Turn(turns.get(i).role(), mark(i)));
    }
    return apply(marked, ending)
        .flatMap(text -> words(text, turns.size()))
        .flatMap(words -> fill(words, turns, prompt));
  }

  /** The template's own words between the marks. */
  private static Optional<List<String>> words(String text, int marks) {
    List<String> words = new ArrayList<>();
    int from = 0;
    for (int i = 0; i < marks; i++) {
      int at = text.indexOf(mark(i), from);
      if (at < 0) {
        return Optional.empty();
      }
      words.add(text.substring(from, at));
      from = at + mark(i).length();
    }
    words.add(text.substring(from));
    return words.stream().anyMatch(word -> word.indexOf(MARK) >= 0)
        ? Optional.empty()
        : Optional.of(words);
  }

  /** Words and contents by turns, when these make up the prompt to its last character. */
  private static Optional<List<String>> fill(List<String> words, List<Turn> turns, String prompt) {
    List<String> parts = new ArrayList<>(List.of(words.getFirst()));
    int at = words.getFirst().length();
    for (int i = 0; i < turns.size(); i++) {
      String whole = turns.get(i).content();
      String word = words.get(i + 1);
      String content = prompt.startsWith(whole + word, at) ? whole : trimmed(whole);
      parts.add(content);
      parts.add(word);
      at += content.length() + word.length();
    }
    return String.join("", parts).equals(prompt) ? Optional.of(parts) : Optional.empty();
  }

  private static String mark(int index) {
    return MARK + Integer.toString(index) + MARK;
  }

  /** As {@code isspace} of C has it, which llama.cpp trims by. */
  private static String trimmed(String text) {
    int from = 0;
    int to = text.length();
    while (from < to && SPACES.indexOf(text.charAt(from)) >= 0) {
      from++;
    }
    while (to > from && SPACES.indexOf(text.charAt(to - 1)) >= 0) {
      to--;
    }
    return text.substring(from, to);
  }
}
