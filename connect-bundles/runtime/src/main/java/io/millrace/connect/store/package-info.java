/** What outlives the process: configurations, offsets and statuses, in Kafka Connect's topics and formats. */
package io.millrace.connect.store;
