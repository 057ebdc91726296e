/** One class per Kafka API: a decoded request in, an answer out. */
package io.millrace.broker.handler;
