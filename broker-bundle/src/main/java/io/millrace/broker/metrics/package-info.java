/** What the broker counts while it works, and how it tells of it. */
package io.millrace.broker.metrics;
