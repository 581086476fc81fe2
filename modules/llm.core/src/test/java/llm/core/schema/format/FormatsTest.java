package llm.core.schema.format;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What has a format, and what nearly has it. */
class FormatsTest {

  static Stream<Arguments> formats() {
    return Stream.of(
        Arguments.of(
            "date",
            List.of("2024-02-29", "0000-01-01", "9999-12-31", "2000-02-29"),
            List.of(
                "2023-02-29",
                "1900-02-29",
                "2024-13-01",
                "2024-00-01",
                "2024-01-00",
                "2024-04-31",
                "24-01-01",
                "2024-1-01",
                "2024-01-01Z",
                "２024-01-01",
                "",
                "+024-01-01")),
        Arguments.of(
            "time",
            List.of(
                "00:00:00Z",
                "23:59:59.123456789z",
                "12:00:00+23:59",
                "23:59:60Z",
                "15:59:60-08:00",
                "00:29:60+00:30"),
            List.of(
                "24:00:00Z",
                "12:60:00Z",
                "12:00:60Z",
                "12:00:61Z",
                "12:00:00",
                "12:00Z",
                "12:00:00.Z",
                "12:00:00+24:00",
                "12:00:00+01:60",
                "12:00:00+0100",
                "1:00:00Z",
                "23:59:60+01:00",
                "12:00:00 Z",
                "")),
        Arguments.of(
            "date-time",
            List.of(
                "1985-04-12T23:20:50.52Z", "1990-12-31t23:59:60z", "1937-01-01T12:00:27.87+00:20"),
            List.of(
                "1985-04-12 23:20:50Z",
                "1985-04-31T23:20:50Z",
                "1985-04-12T23:20:50",
                "1985-04-12",
                "1985-04-12T",
                "",
                "1985-04-12T25:00:00Z")),
        Arguments.of(
            "duration",
            List.of("P4DT12H30M5S", "P4Y", "PT0S", "P1M", "PT36H", "P1Y2M3D", "P4W", "P0D", "PT1M"),
            List.of(
                "4DT12H", "P", "PT", "P1", "P4DT", "P2D1Y", "P1Y3D", "PT1H3S", "P1W2D", "P1Y2W",
                "P0.5D", "P৪Y", "", "p1D", "P1D2H", "PT1D")),
        Arguments.of(
            "uuid",
            List.of("2EB8AA08-aa98-11ea-b4aa-73b441d16380", "00000000-0000-0000-0000-000000000000"),
            List.of(
                "2eb8aa08aa9811eab4aa73b441d16380",
                "2eb8aa08-aa98-11ea-b4aa-73b441d1638",
                "2eb8aa08-aa98-11ea-b4aa-73b441d1638g",
                "{2eb8aa08-aa98-11ea-b4aa-73b441d16380}",
                "")),
        Arguments.of(
            "ipv4",
            List.of("192.168.0.1", "0.0.0.0", "255.255.255.255"),
            List.of(
                "256.0.0.1",
                "1.2.3",
                "1.2.3.4.5",
                "01.2.3.4",
                "0x7f.0.0.1",
                "1.2.3.",
                "1..3.4",
                "1.2.3.4/8",
                " 1.2.3.4",
                "",
                "2130706433",
                "1২7.0.0.1")),
        Arguments.of(
            "ipv6",
            List.of(
                "::",
                "::1",
                "1::",
                "1:2:3:4:5:6:7:8",
                "::ffff:1.2.3.4",
                "1:2::5:6",
                "1:2:3:4:5:6:7::",
                "::abcd:ef01",
                "1:2:3:4:5:6:1.2.3.4",
                "0:0:0:0:0:0:0:0"),
            List.of(
                "",
                ":",
                ":::",
                "1::2::3",
                "12345::",
                "1:2:3:4:5:6:7",
                "1:2:3:4:5:6:7:8:9",
                "::1%eth0",
                "::g",
                "1:2:3:4:5:6:7:8::",
                "1.2.3.4",
                "::1.2.3",
                "::256.1.1.1",
                "1.2.3.4::",
                "::1/64",
                ":1:2:3:4:5:6:7",
                "1:2:3:4:5:6:7:",
                "1:2:3:4:5:6:7:1.2.3.4")),
        Arguments.of(
            "hostname",
            List.of(
                "a", "www.example.com", "xn--4gbwdl.xn--wgbh1c", "1host", "a-b.c", "a".repeat(63)),
            List.of(
                "",
                ".",
                "a.",
                ".a",
                "-a",
                "a-",
                "a_b",
                "a..b",
                "a".repeat(64),
                "ab--cd.e",
                "ä.de",
                "a b",
                ("a".repeat(50) + ".").repeat(6) + "a")),
        Arguments.of(
            "email",
            List.of(
                "joe@example.com",
                "te~st@example.com",
                "\"joe b\"@example.com",
                "a.b+c@d",
                "joe@[127.0.0.1]",
                "joe@[IPv6:::1]",
                "\"a\\\"b\"@x.y"),
            List.of(
                "",
                "a",
                "@a",
                "a@",
                ".a@b",
                "a.@b",
                "a..b@c",
                "joe b@example.com",
                "a@b c",
                "joe@[127.0.0.300]",
                "joe@[IPv6:1]",
                "\"a\"b\"@x",
                "\"\\\"@x",
                "a@-b",
                "é@b.c",
                "a".repeat(65) + "@b")),
        Arguments.of(
            "uri",
            List.of(
                "http://foo.bar/?baz=qux#quux",
                "http://a:b@[::1]:80/p%20q;x=1?y#z",
                "urn:oasis:names",
                "mailto:a@b.c",
                "file:///etc",
                "tel:+1-816-555-1212",
                "a+b.c-d:",
                "ldap://[2001:db8::7]/c=GB?o",
                "http://[v1.a:b]/",
                "http://h:/",
                "http://-.~_!$&'()*+,;=:%40:80%2f@example.com"),
            List.of(
                "",
                "//foo.bar",
                "/abc",
                "abc",
                "1http://x",
                ":x",
                "http:// a",
                "http://a b",
                "http://x/\\",
                "http://x/<>",
                "http://x/é",
                "http://[::g]/",
                "http://x:8a/",
                "http://x/%2",
                "http://x/%zz",
                "bar,baz:foo",
                "http://a@b@c/",
                "http://x/#a#b",
                "http://[v.a]/",
                "http://[::1/",
                "ä:b")),
        Arguments.of(
            "uri-reference",
            List.of("", "/abc", "//foo.bar/x", "abc", "#f", "?q", "./a:b", "http://x", "a/b:c"),
            List.of("\\\\W", "#a\\b", "1:b", "a b", "//[::g]/")),
        Arguments.of(
            "json-pointer",
            List.of("", "/", "/a/b~0~1", "//", "/%20", "/ä"),
            List.of("a", "/~", "/~2", "#/a", "/a~")));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("formats")
  void tellsWhatHasTheFormat(String name, List<String> right, List<String> wrong) {
    var format = Formats.named(name).orElseThrow();
    assertThat(right).allMatch(format);
    assertThat(wrong).noneMatch(format);
  }

  @Test
  void knowsNoOthers() {
    assertThat(Formats.named("color")).isEmpty();
  }
}
