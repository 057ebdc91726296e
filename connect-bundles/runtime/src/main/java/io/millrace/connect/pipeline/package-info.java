/** What a record goes through between a task and Kafka: transformations, converters, and another try. */
package io.millrace.connect.pipeline;
