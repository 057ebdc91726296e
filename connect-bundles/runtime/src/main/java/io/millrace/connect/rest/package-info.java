/** Kafka Connect's REST interface. */
package io.millrace.connect.rest;
