package llm.gpu.llama;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
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

  /**
   * The prompt, ending where the assistant's answer begins; empty when the template is not known.
   */
  public Optional<String> apply(List<Turn> turns) {
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
      int written = Vocabularies.applyTemplate(template, messages, buffer);
      if (written > size) {
        buffer = arena.allocate(written);
        written = Vocabularies.applyTemplate(template, messages, buffer);
      }
      return written < 0
          ? Optional.empty()
          : Optional.of(
              new String(buffer.asSlice(0, written).toArray(JAVA_BYTE), StandardCharsets.UTF_8));
    }
  }
}
