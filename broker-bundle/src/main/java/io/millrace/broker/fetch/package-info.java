/** Reading for clients: fetch requests, the sessions that keep them short (KIP-227), and the wait for data to come. */
package io.millrace.broker.fetch;
