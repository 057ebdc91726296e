/** The Kafka protocol's bytes: frames to requests, responses to what a socket can send. Everything else sees decoded messages. */
package io.millrace.broker.wire;
