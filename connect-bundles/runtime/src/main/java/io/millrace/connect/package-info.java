/** Starts and stops Kafka Connect's runtime in the platform. */
package io.millrace.connect;
