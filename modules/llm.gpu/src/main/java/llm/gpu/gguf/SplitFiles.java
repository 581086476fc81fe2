package llm.gpu.gguf;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Models split over several files, named {@code <name>-00001-of-00003.gguf} as llama.cpp does. */
public final class SplitFiles {
  private static final Pattern NAME = Pattern.compile("(.*)-(\\d{5})-of-(\\d{5})\\.gguf");
  private static final int MAX_PARTS = 1000;

  private SplitFiles() {}

  /** The file's name without ending and without its part's number. */
  public static String stem(String fileName) {
    Matcher part = NAME.matcher(fileName);
    return part.matches() ? part.group(1) : fileName.replaceFirst("(?i)\\.gguf$", "");
  }

  /**
   * Reads the header of {@code file} and of every part that belongs to it.
   *
   * @return the header of the file itself, with the tensors of all
   * @throws GgufException when it, or one of its parts, is not usable
   */
  public static GgufHeader readAll(Path file) throws GgufException {
    GgufHeader header = GgufReader.read(file);
    GgufHeader whole = header;
    for (Path part : otherParts(file, header.splitCount())) {
      try {
        whole = whole.with(GgufReader.read(part));
      } catch (GgufException unusable) {
        throw new GgufException(
            "is split, and its part " + part.getFileName() + " " + unusable.getMessage(), unusable);
      }
    }
    return whole;
  }

  /**
   * All files of a model, in order.
   *
   * @param header of {@code file}
   * @throws GgufException when the file is not the first of its parts
   */
  public static List<Path> all(Path file, GgufHeader header) throws GgufException {
    List<Path> all = new ArrayList<>(List.of(file));
    all.addAll(otherParts(file, header.splitCount()));
    return all;
  }

  private static List<Path> otherParts(Path file, int count) throws GgufException {
    if (count == 1) {
      return List.of();
    }
    Matcher name = NAME.matcher(file.getFileName().toString());
    if (count > MAX_PARTS
        || !name.matches()
        || !name.group(2).equals("00001")
        || Integer.parseInt(name.group(3)) != count) {
      throw new GgufException(
          "is part of a split model; give the first part, <name>-00001-of-"
              + String.format("%05d", count)
              + ".gguf");
    }
    List<Path> parts = new ArrayList<>();
    for (int i = 2; i <= count; i++) {
      parts.add(
          file.resolveSibling(String.format("%s-%05d-of-%05d.gguf", name.group(1), i, count)));
    }
    return parts;
  }
}
