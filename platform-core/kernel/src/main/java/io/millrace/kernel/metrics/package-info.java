/** What the platform measures, for whoever reads it: Prometheus' format at {@code /metrics}, and MBeans. */
package io.millrace.kernel.metrics;
