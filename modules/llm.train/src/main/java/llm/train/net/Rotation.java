package llm.train.net;

/**
 * Rotary positions: neighbouring values of a head are turned by an angle that grows with the
 * token's position, as llama.cpp does for the architecture {@code llama}. Immutable.
 */
final class Rotation {
  private static final int PAIRS = NetShape.HEAD_WIDTH / 2;

  private final float[] cosines;
  private final float[] sines;

  Rotation(int contextTokens) {
    cosines = new float[contextTokens * PAIRS];
    sines = new float[contextTokens * PAIRS];
    for (int position = 0; position < contextTokens; position++) {
      for (int pair = 0; pair < PAIRS; pair++) {
        double angle = position * StrictMath.pow(NetShape.ROTATION_BASE, -(double) pair / PAIRS);
        cosines[position * PAIRS + pair] = (float) StrictMath.cos(angle);
        sines[position * PAIRS + pair] = (float) StrictMath.sin(angle);
      }
    }
  }

  /** Turns all heads of all rows. */
  void turn(Batch batch, float[] values, int width) {
    turn(batch, values, width, 1f);
  }

  /** Turns them back, which is also what a gradient needs. */
  void turnBack(Batch batch, float[] values, int width) {
    turn(batch, values, width, -1f);
  }

  private void turn(Batch batch, float[] values, int width, float direction) {
    for (int row = 0; row < batch.size(); row++) {
      int table = batch.position(row) * PAIRS;
      for (int at = 0; at < width; at += 2) {
        int pair = at / 2 % PAIRS;
        float cosine = cosines[table + pair];
        float sine = sines[table + pair] * direction;
        int i = row * width + at;
        float x = values[i];
        float y = values[i + 1];
        values[i] = x * cosine - y * sine;
        values[i + 1] = x * sine + y * cosine;
      }
    }
  }
}
