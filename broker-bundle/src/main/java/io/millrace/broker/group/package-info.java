/** Consumer groups of the classic protocol and their committed offsets. {@code GroupShard} decides, {@code GroupCoordinator} serves. */
package io.millrace.broker.group;
