/** One file per log folder in which the records of many partitions become durable together. */
package io.millrace.broker.log.journal;
