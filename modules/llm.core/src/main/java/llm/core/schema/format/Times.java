package llm.core.schema.format;

import java.time.YearMonth;

/** Dates, times and durations (RFC 3339 section 5.6 and appendix A). */
final class Times {
  private static final int DATE = 10; // characters
  private static final int MINUTES_OF_DAY = 24 * 60;
  private static final String DATE_UNITS = "YMD";
  private static final String TIME_UNITS = "HMS";

  private Times() {}

  /** {@code full-date}, in the calendar. */
  static boolean isDate(String text) {
    if (text.length() != DATE || text.charAt(4) != '-' || text.charAt(7) != '-') {
      return false;
    }
    int year = number(text, 0, 4);
    int month = number(text, 5, 7);
    int day = number(text, 8, DATE);
    return year >= 0
        && month >= 1
        && month <= 12
        && day >= 1
        && day <= YearMonth.of(year, month).lengthOfMonth();
  }

  /** {@code full-time}: with a fraction or without, and with an offset. */
  static boolean isTime(String text) {
    if (text.length() < 9 || text.charAt(2) != ':' || text.charAt(5) != ':') {
      return false;
    }
    int hour = number(text, 0, 2);
    int minute = number(text, 3, 5);
    int second = number(text, 6, 8);
    int at = 8;
    if (text.charAt(at) == '.') {
      int digits = digits(text, at + 1);
      if (digits == 0) {
        return false;
      }
      at += 1 + digits;
    }
    boolean fits = hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0;
    int offset = offset(text, at);
    return fits && offset != NO_OFFSET && (second < 60 || isLeap(hour, minute, second, offset));
  }

  /** {@code date-time}. */
  static boolean isDateTime(String text) {
    return text.length() > DATE
        && (text.charAt(DATE) == 'T' || text.charAt(DATE) == 't')
        && isDate(text.substring(0, DATE))
        && isTime(text.substring(DATE + 1));
  }

  /** {@code duration}: weeks alone, or units from large to small, none left out between two. */
  static boolean isDuration(String text) {
    if (!text.startsWith("P") || text.length() < 3) {
      return false;
    }
    if (text.endsWith("W")) {
      return digits(text, 1) == text.length() - 2;
    }
    int time = text.indexOf('T');
    String date = time < 0 ? text.substring(1) : text.substring(1, time);
    return (date.isEmpty() || areUnits(date, DATE_UNITS))
        && (time < 0 || areUnits(text.substring(time + 1), TIME_UNITS));
  }

  private static boolean areUnits(String text, String units) {
    int last = -1;
    int at = 0;
    do {
      int digits = digits(text, at);
      at += digits;
      int unit = at < text.length() ? units.indexOf(text.charAt(at)) : -1;
      if (digits == 0 || unit < 0 || last >= 0 && unit != last + 1) {
        return false;
      }
      last = unit;
      at++;
    } while (at < text.length());
    return true;
  }

  /** The last second of a day in UTC may be one longer. */
  private static boolean isLeap(int hour, int minute, int second, int offset) {
    int utc = Math.floorMod(hour * 60 + minute - offset, MINUTES_OF_DAY);
    return second == 60 && utc == MINUTES_OF_DAY - 1;
  }

  private static final int NO_OFFSET = Integer.MAX_VALUE;

  /** Minutes from UTC, as what follows {@code at} says. */
  private static int offset(String text, int at) {
    String offset = text.substring(at);
    if (offset.equals("Z") || offset.equals("z")) {
      return 0;
    }
    boolean shaped =
        offset.length() == 6
            && (offset.charAt(0) == '+' || offset.charAt(0) == '-')
            && offset.charAt(3) == ':';
    int hour = shaped ? number(offset, 1, 3) : -1;
    int minute = shaped ? number(offset, 4, 6) : -1;
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59) {
      return NO_OFFSET;
    }
    int minutes = hour * 60 + minute;
    return offset.charAt(0) == '-' ? -minutes : minutes;
  }

  /** The number that the characters are; -1: they are none. */
  private static int number(String text, int from, int to) {
    return digits(text, from) >= to - from ? Integer.parseInt(text, from, to, 10) : -1;
  }

  private static int digits(String text, int from) {
    int at = from;
    while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
      at++;
    }
    return at - from;
  }
}
