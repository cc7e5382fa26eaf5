/* How fast could it be? Work (a) of engine.py written by hand: 2-500-1, ReLU, dropout 0.4 after the hidden layer, sigmoid, Adam, one
   batch of 30 samples an epoch, 70 for validation, loss and accuracy of both after every epoch. engine.py compiles and times it.

   Usage: limit EPOCHS < SAMPLES   (100 lines "x1 x2 label"; prints the seconds and the last loss, accuracy and their validation)

   Eight units are one vector, and all samples pass one vector of units before the next, so that its weights and gradients stay in
   registers. The last vector has four units too many, whose weights are 0 and stay 0. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TRAIN = 30, ALL = 100, UNITS = 500, LANES = 8, BLOCKS = (UNITS + LANES - 1) / LANES, WEIGHTS = 4 };
typedef float vector __attribute__((vector_size(4 * LANES)));
typedef int32_t integers __attribute__((vector_size(4 * LANES)));

static float x[ALL][2], label[ALL], bias, bias_mean, bias_square;
static vector weights[BLOCKS][WEIGHTS], mean[BLOCKS][WEIGHTS], square[BLOCKS][WEIGHTS]; /* 2 of inputs, bias, 1 of the output */
static vector hidden[BLOCKS][TRAIN], sums[ALL];

/* Marsaglia's xorshift32, one generator a lane. */
static inline integers draw(integers *state) {
  typedef uint32_t unsigned_integers __attribute__((vector_size(4 * LANES)));
  unsigned_integers s = (unsigned_integers)*state;
  s ^= s << 13, s ^= s >> 17, s ^= s << 5;
  return *state = (integers)s;
}

static inline vector where(integers condition, vector value) { return (vector)(condition & (integers)value); }

static inline vector hidden_units(const vector *w, int i) {
  vector a = x[i][0] * w[0] + x[i][1] * w[1] + w[2];
  return where(a > 0, a);
}

static inline vector adam(vector w, vector g, vector *m, vector *v, float rate) {
  *m += (g - *m) * 0.1f;
  *v += (g * g - *v) * 0.001f;
  vector root;
  for (int k = 0; k < LANES; k++) root[k] = sqrtf((*v)[k]);
  return w - rate * *m / (root + 1e-7f);
}

/* The derivative of a sample's loss by the output before its sigmoid. */
static inline float output(int i, float *loss, int *right) {
  float z = bias, t = label[i];
  for (int k = 0; k < LANES; k++) z += sums[i][k];
  float y = 1 / (1 + expf(-z));
  *loss += fmaxf(z, 0) - z * t + log1pf(expf(-fabsf(z)));
  *right += (y > 0.5f) == (t > 0.5f);
  return y - t;
}

int main(int argc, char **argv) {
  int epochs = atoi(argv[argc - 1]), right[2] = {0};
  float loss[2] = {0}, power1 = 1, power2 = 1, d[TRAIN];
  const int32_t kept_below = (int32_t)((0.6 - 0.5) * 4294967296.0);
  integers state;
  for (int i = 0; i < ALL; i++)
    if (scanf("%f %f %f", &x[i][0], &x[i][1], &label[i]) != 3) return 1;
  for (int k = 0; k < LANES; k++) state[k] = (int32_t)(2654435761u * (k + 1));
  for (int k = 0; k < 50; k++) draw(&state);
  for (int k = 0; k < UNITS; k++) /* Glorot's uniform weights; biases 0 */
    for (int w = 0; w < WEIGHTS; w++) {
      float limit = sqrtf(6.0f / (w < 2 ? 2 + UNITS : UNITS + 1));
      if (w != 2) weights[k / LANES][w][k % LANES] = limit * draw(&state)[k % LANES] / 2147483648.0f;
    }
  struct timespec start, end;
  clock_gettime(CLOCK_MONOTONIC, &start);
  for (int epoch = 0; epoch < epochs; epoch++) {
    memset(sums, 0, sizeof sums);
    loss[0] = loss[1] = 0, right[0] = right[1] = 0;
    for (int b = 0; b < BLOCKS; b++) {
      vector *w = weights[b];
      for (int i = 0; i < TRAIN; i++) {
        vector h = hidden[b][i] = where(draw(&state) < kept_below, hidden_units(w, i) * (1 / 0.6f));
        sums[i] += h * w[3];
      }
    }
    for (int i = 0; i < TRAIN; i++) d[i] = output(i, &loss[0], &right[0]) / TRAIN;
    power1 *= 0.9f, power2 *= 0.999f;
    float rate = 0.001f * sqrtf(1 - power2) / (1 - power1);
    for (int b = 0; b < BLOCKS; b++) {
      vector *w = weights[b], g[WEIGHTS] = {0}, back = w[3] * (1 / 0.6f);
      for (int i = 0; i < TRAIN; i++) {
        vector h = hidden[b][i], into = where(h > 0, d[i] * back);
        g[0] += x[i][0] * into, g[1] += x[i][1] * into, g[2] += into, g[3] += d[i] * h;
      }
      for (int k = 0; k < WEIGHTS; k++) w[k] = adam(w[k], g[k], &mean[b][k], &square[b][k], rate);
      for (int i = TRAIN; i < ALL; i++) sums[i] += hidden_units(w, i) * w[3];
    }
    float g = 0;
    for (int i = 0; i < TRAIN; i++) g += d[i];
    bias_mean += (g - bias_mean) * 0.1f, bias_square += (g * g - bias_square) * 0.001f;
    bias -= rate * bias_mean / (sqrtf(bias_square) + 1e-7f);
    for (int i = TRAIN; i < ALL; i++) output(i, &loss[1], &right[1]);
  }
  clock_gettime(CLOCK_MONOTONIC, &end);
  printf("%.6f %.4f %.4f %.4f %.4f\n", (end.tv_sec - start.tv_sec) + 1e-9 * (end.tv_nsec - start.tv_nsec), loss[0] / TRAIN,
         right[0] / (double)TRAIN, loss[1] / (ALL - TRAIN), right[1] / (double)(ALL - TRAIN));
}
