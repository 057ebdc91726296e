package io.millrace.kernel.jmx;

import java.util.List;

/** Whether somebody may be looking at MBeans: a management agent listens, was asked for, or an agent runs that may read them in this process. */
final class Onlookers {

    /** Of the agent that serves JMX to other processes, whether it was started with the process or attached later. */
    private static final String AGENT_THREAD = "RMI TCP Accept";
    private static final String AGENT_SETTING = "com.sun.management.jmxremote";

    private Onlookers() {
    }

    static boolean expected() {
        return System.getProperties().stringPropertyNames().stream().anyMatch(name -> name.startsWith(AGENT_SETTING))
                || List.of(ProcessHandle.current().info().arguments().orElse(new String[0])).stream().anyMatch(each -> each.startsWith("-javaagent:"))
                || String.valueOf(System.getenv("JDK_JAVA_OPTIONS")).contains("-javaagent:")
                || String.valueOf(System.getenv("JAVA_TOOL_OPTIONS")).contains("-javaagent:");
    }

    static boolean present() {
        ThreadGroup root = Thread.currentThread().getThreadGroup();
        while (root.getParent() != null) {
            root = root.getParent();
        }
        Thread[] threads = new Thread[root.activeCount() * 2 + 16];
        int count = root.enumerate(threads, true);
        for (int i = 0; i < count; i++) {
            if (threads[i].getName().startsWith(AGENT_THREAD)) {
                return true;
            }
        }
        return false;
    }
}
