package io.millrace.broker.coordinator;

import java.util.HashMap;
import java.util.Map;
import java.util.PriorityQueue;

/**
 * When which group or transactional id of a {@link StateMachine} wants to be looked at. One whose time has become later keeps its entry: it is
 * looked at too early, and says then when it wants to be looked at again. Times are milliseconds since 1970. For one thread at a time.
 */
public final class Alarms {

    private record Alarm(long time, String id) {
    }

    private final PriorityQueue<Alarm> alarms = new PriorityQueue<>((a, b) -> Long.compare(a.time, b.time));
    private final Map<String, Long> earliest = new HashMap<>();

    public void set(String id, long time) {
        if (time != StateMachine.NEVER && time < earliest.getOrDefault(id, StateMachine.NEVER)) {
            earliest.put(id, time);
            alarms.add(new Alarm(time, id));
        }
    }

    /** {@link StateMachine#NEVER} if none is set. */
    public long next() {
        return alarms.isEmpty() ? StateMachine.NEVER : alarms.peek().time;
    }

    /** Takes one out. @return whose it is; null if nothing is due */
    public String due(long now) {
        if (alarms.isEmpty() || next() > now) {
            return null;
        }
        Alarm alarm = alarms.poll();
        earliest.remove(alarm.id, alarm.time);
        return alarm.id;
    }
}
