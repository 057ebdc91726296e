/** What the network hands to whoever serves a Kafka API, and what comes back: a call, a handler for it, and its answer. */
package io.millrace.broker.request;
