package io.millrace.kernel.sweep;

import java.util.ArrayList;
import java.util.List;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.MBeanServerFactory;
import javax.management.ObjectName;

/** MBeans of a plugin's classes. */
final class ManagedBeans {

    private ManagedBeans() {}

    static List<String> sweep(ClassLoader own) {
        List<String> found = new ArrayList<>();
        // Only servers that are there: to start one for the look would cost more than all else.
        for (MBeanServer server : MBeanServerFactory.findMBeanServer(null)) {
            for (ObjectName name : server.queryNames(null, null)) {
                try {
                    if (server.getClassLoaderFor(name) == own) {
                        server.unregisterMBean(name);
                        found.add("MBean " + name);
                    }
                } catch (JMException e) {
                    // Gone meanwhile.
                    continue;
                }
            }
        }
        return found;
    }
}
