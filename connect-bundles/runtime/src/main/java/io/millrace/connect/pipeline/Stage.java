package io.millrace.connect.pipeline;

/** Where on its way a record can fail; the names stand in error headers and logs, as in Kafka Connect. */
public enum Stage { TRANSFORMATION, KEY_CONVERTER, VALUE_CONVERTER, HEADER_CONVERTER, TASK_PUT, KAFKA_PRODUCE }
