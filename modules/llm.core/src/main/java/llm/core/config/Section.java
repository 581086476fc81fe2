package llm.core.config;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A part of the configuration that one module reads. Reading declares: a key that nobody read is an
 * error that names file, key and line, and the reference lists what was read.
 *
 * <p>Values come from, highest first: command-line flag, environment, {@code .env}, file, built-in
 * default. The environment variable of {@code server.port} is {@code LLM_SERVER_PORT}; a {@link
 * Setting} may name others.
 *
 * <p>Bad values are gathered, not thrown one by one: a getter returns the default after a bad value
 * and the load fails at its end with all of them. Not thread-safe; read at start, keep records.
 */
public interface Section {

  /** The path from the root, as {@code providers.mock}; empty for the root. */
  String path();

  /** The value, or the setting's default. The setting must have one. */
  <T> T get(Setting<T> setting);

  /** The value, or the setting's default if it has one, or empty. */
  <T> Optional<T> find(Setting<T> setting);

  /** A list of values of the setting's type; empty when the key is absent. */
  <T> List<T> list(Setting<T> element);

  /**
   * Values of the setting's type under names that the user chooses, in file order; empty when the
   * key is absent.
   */
  <T> Map<String, T> map(Setting<T> element);

  /** The subsection {@code key}; present even when the file has none. */
  Section section(String key, String doc);

  /** Subsections under {@code key} whose names the user chooses, in file order. */
  Map<String, Section> named(String key, String doc);

  /** The entries of the list {@code key}, each a section; in file order. */
  List<Section> entries(String key, String doc);

  /**
   * Whether this section only declares its keys for the reference: every getter returns its
   * default, and {@code named} and {@code entries} one example each. No work may start then.
   */
  boolean isReference();

  /** Reports a value that is legal by itself but not with others; gathered like a bad value. */
  void reject(String key, String message);
}
