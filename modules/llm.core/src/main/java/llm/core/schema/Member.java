package llm.core.schema;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * What a record's schema says of one of its components beyond the type; on a record itself, its
 * description alone counts. A bound that does not go with the type is refused by {@link
 * RecordType}.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.RECORD_COMPONENT, ElementType.TYPE})
public @interface Member {
  /** For the model: what belongs here. */
  String description() default "";

  /** The name in JSON; without it the component's own in snake_case. */
  String name() default "";

  /** The least number, included. */
  double min() default Double.NEGATIVE_INFINITY;

  /** The greatest number, included. */
  double max() default Double.POSITIVE_INFINITY;

  /** The fewest characters of a string, or elements of a list. */
  int minSize() default 0;

  /** The most characters of a string, or elements of a list. */
  int maxSize() default Schema.UNBOUNDED;
}
