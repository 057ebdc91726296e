/** What the request path counts while it works, and how it tells of it. Every other part tells its own meters. */
package io.millrace.broker.metrics;
