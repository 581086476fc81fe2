package llm.domain.content;

import llm.domain.text.Excerpt;

/** Where an image is. */
public sealed interface ImageSource {
  /**
   * Behind an address that the provider fetches; we never do.
   *
   * @param url {@code http} or {@code https}
   */
  record Url(String url) implements ImageSource {
    /** Rejects other addresses. */
    public Url {
      if (!url.startsWith("https://") && !url.startsWith("http://")) {
        throw new IllegalArgumentException(
            "an image's address " + Excerpt.of(url) + " must begin with https:// or http://");
      }
    }
  }

  /**
   * In the request.
   *
   * @param mediaType for example {@code image/png}
   * @param base64 its bytes in base64, not checked here
   */
  record Data(String mediaType, String base64) implements ImageSource {
    private static final String SCHEME = "data:";
    private static final String MARK = ";base64,";

    /** Rejects what is no image. */
    public Data {
      if (!mediaType.startsWith("image/")) {
        throw new IllegalArgumentException(
            "an image's media type " + Excerpt.of(mediaType) + " must begin with image/");
      }
      if (base64.isEmpty()) {
        throw new IllegalArgumentException("an image's data must not be empty");
      }
    }

    /** As a {@code data:} address (RFC 2397). */
    public String toUrl() {
      return SCHEME + mediaType + MARK + base64;
    }
  }

  /**
   * Reads an address, {@code data:} ones too.
   *
   * @throws IllegalArgumentException when it is none of an image
   */
  static ImageSource ofUrl(String url) {
    if (!url.startsWith(Data.SCHEME)) {
      return new Url(url);
    }
    int mark = url.indexOf(Data.MARK);
    if (mark < 0) {
      throw new IllegalArgumentException(
          "an image's data: address must have ;base64, before its data");
    }
    return new Data(
        url.substring(Data.SCHEME.length(), mark), url.substring(mark + Data.MARK.length()));
  }
}
