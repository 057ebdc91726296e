/** What all coordinators share: state machines that live in an internal topic's partitions, and the shell that appends what they decide. */
package io.millrace.broker.coordinator;
