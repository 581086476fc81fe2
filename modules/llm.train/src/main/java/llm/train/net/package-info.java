/**
 * A network of the llama architecture and its training, in plain Java: forward and backward pass,
 * AdamW. Every sum has a fixed order, whatever the number of threads and the width of the machine's
 * vectors, so that the same seed gives the same weights, bit for bit.
 */
package llm.train.net;
