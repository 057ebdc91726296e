/** Sockets: accepting, framing, and two threads per connection at most, one that reads requests and one that writes responses; virtual ones as a rule. */
package io.millrace.broker.network;
