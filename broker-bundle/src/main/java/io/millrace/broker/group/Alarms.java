package io.millrace.broker.group;

import java.util.HashMap;
import java.util.Map;
import java.util.PriorityQueue;

/**
 * When which group wants to be looked at. A group whose time has become later keeps its entry: it is looked at too early, and says then when it
 * wants to be looked at again.
 */
final class Alarms {

    static final long NEVER = Long.MAX_VALUE;

    private record Alarm(long time, String group) {
    }

    private final PriorityQueue<Alarm> alarms = new PriorityQueue<>((a, b) -> Long.compare(a.time, b.time));
    private final Map<String, Long> earliest = new HashMap<>();

    void set(String group, long time) {
        if (time != NEVER && time < earliest.getOrDefault(group, NEVER)) {
            earliest.put(group, time);
            alarms.add(new Alarm(time, group));
        }
    }

    long next() {
        return alarms.isEmpty() ? NEVER : alarms.peek().time;
    }

    /** Takes one out. @return the group, null if nothing is due */
    String due(long now) {
        if (next() > now || alarms.isEmpty()) {
            return null;
        }
        Alarm alarm = alarms.poll();
        earliest.remove(alarm.group, alarm.time);
        return alarm.group;
    }
}
