package llm.domain.content;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImageSourceTest {
  @ParameterizedTest
  @ValueSource(strings = {"https://example.com/a.png", "http://example.com/a.png"})
  void anAddressIsKept(String url) {
    assertThat(ImageSource.ofUrl(url)).isEqualTo(new ImageSource.Url(url));
  }

  @Test
  void dataInAnAddressIsTakenOutAndPutBack() {
    String url = "data:image/png;base64,iVBORw0KGgo=";
    assertThat(ImageSource.ofUrl(url))
        .isInstanceOfSatisfying(
            ImageSource.Data.class,
            data -> {
              assertThat(data.mediaType()).isEqualTo("image/png");
              assertThat(data.base64()).isEqualTo("iVBORw0KGgo=");
              assertThat(data.toUrl()).isEqualTo(url);
            });
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "ftp://example.com/a.png | must begin with https:// or http://",
        "file:///etc/passwd | must begin with https:// or http://",
        "data:image/png,abc | must have ;base64, before its data",
        "data:text/plain;base64,YQ== | must begin with image/",
        "data:image/png;base64, | must not be empty"
      })
  void whatIsNoImageIsRefused(String url, String why) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ImageSource.ofUrl(url))
        .withMessageContaining(why);
  }
}
