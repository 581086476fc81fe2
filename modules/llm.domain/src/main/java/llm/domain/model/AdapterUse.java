package llm.domain.model;

import java.util.Optional;

/** A LoRA adapter that an answer is to be computed with, as a caller says which. */
public sealed interface AdapterUse {
  /** The most adapters a request may name. */
  int MAX_ADAPTERS = 8;

  /** The most characters of a name. */
  int MAX_NAME = 100;

  /** The largest scale, either way. */
  double MAX_SCALE = 16;

  /**
   * How much of it is added to the model's weights: 0 is none of it, 1 all; at most {@link
   * #MAX_SCALE}, either way. Empty: as it is configured.
   */
  Optional<Double> scale();

  /** Which one, in words. */
  String described();

  /**
   * By its name.
   *
   * @param name 1 to {@link #MAX_NAME} characters
   */
  record Named(String name, Optional<Double> scale) implements AdapterUse {
    /** Rejects what is no name and a scale that is none. */
    public Named {
      if (name.isBlank() || name.length() > MAX_NAME) {
        throw new IllegalArgumentException(
            "the name of an adapter must be 1 to " + MAX_NAME + " characters");
      }
      scale.ifPresent(AdapterUse::check);
    }

    @Override
    public String described() {
      return "'" + name + "'";
    }
  }

  /**
   * By its number, as servers of llama.cpp have it.
   *
   * @param number its place among the model's adapters, from 0
   */
  record Numbered(int number, Optional<Double> scale) implements AdapterUse {
    /** Rejects a number below 0 and a scale that is none. */
    public Numbered {
      if (number < 0) {
        throw new IllegalArgumentException("id " + number + " must be 0 or more");
      }
      scale.ifPresent(AdapterUse::check);
    }

    @Override
    public String described() {
      return "with id " + number;
    }
  }

  private static void check(double scale) {
    if (!(scale >= -MAX_SCALE && scale <= MAX_SCALE)) {
      throw new IllegalArgumentException(
          "scale " + scale + " must be " + -MAX_SCALE + " to " + MAX_SCALE);
    }
  }
}
