//! A lane's places (`rtl/recross_places.v`): where bags collect their sums.

/// A place, and the bag that has it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Place {
    /// The bag's number in the trace.
    pub bag: u32,
    /// Commands made, and not yet added up.
    pub pending: u16,
    /// The bag's place in the window of its port.
    pub window: u16,
    /// The next younger place of the same port.
    next: u8,
    /// Whether a result was written.
    pub started: bool,
}

/// The places of a lane. Ports are bits of masks.
#[derive(Debug, Clone)]
pub(super) struct Places {
    pub pool: Vec<Place>,
    used: [u64; 4],
    free: u32,
    ports: u32,
    /// Ports that have a place.
    pub any: u8,
    /// Ports whose bag at the hop has a place.
    pub current: u8,
    oldest: [u8; 8],
    youngest: [u8; 8],
}

impl Places {
    pub fn new(places: u32, ports: u32) -> Self {
        Places {
            pool: vec![Place::default(); places as usize],
            used: [0; 4],
            free: places,
            ports,
            any: 0,
            current: 0,
            oldest: [0; 8],
            youngest: [0; 8],
        }
    }

    /// Ports that have a place for their bag, or may take one.
    #[inline(always)]
    pub fn eligible(&self) -> u8 {
        let none = self.ports - self.any.count_ones();
        match self.free > none {
            true => !0,
            false => self.current | !self.any,
        }
    }

    /// Whether two ports that have places may take another one each.
    #[inline(always)]
    pub fn two_spare(&self) -> bool {
        self.free > self.ports - self.any.count_ones() + 1
    }

    #[inline(always)]
    pub fn oldest(&self, port: u32) -> u8 {
        self.oldest[port as usize]
    }

    #[inline(always)]
    pub fn youngest(&self, port: u32) -> u8 {
        self.youngest[port as usize]
    }

    /// Ports of `asking` whose oldest place gets no more results. An id of the ports `picked` is on its
    /// way to their youngest place.
    #[inline(always)]
    pub fn finals(&self, asking: u8, picked: u8) -> u8 {
        let mut asking = asking & self.any;
        let mut out = 0;
        let busy = self.current | picked;
        while asking != 0 {
            let port = asking.trailing_zeros();
            asking &= asking - 1;
            let oldest = self.oldest(port);
            let alone = oldest == self.youngest(port);
            if self.pool[oldest as usize].pending == 0 && !(alone && busy >> port & 1 == 1) {
                out |= 1 << port;
            }
        }
        out
    }

    /// The two lowest free places; those that do not exist have no meaning.
    #[inline(always)]
    pub fn lowest_free(&self) -> [u8; 2] {
        let mut used = self.used;
        [(); 2].map(|()| {
            let word = used.iter().position(|&word| word != !0).unwrap_or(0);
            let bit = (!used[word]).trailing_zeros();
            used[word] |= used[word].wrapping_add(1);
            (word as u32 * 64 + bit) as u8
        })
    }

    /// Frees the oldest place of a port; returns its bag's place in the window.
    #[inline(always)]
    pub fn release(&mut self, port: u32) -> u16 {
        let at = self.oldest(port);
        self.used[at as usize / 64] &= !(1 << (at % 64));
        self.free += 1;
        let place = &mut self.pool[at as usize];
        place.started = false;
        match at == self.youngest[port as usize] {
            true => self.any &= !(1 << port),
            false => self.oldest[port as usize] = place.next,
        }
        place.window
    }

    /// Gives the free place `at` to the bag of a port.
    #[inline(always)]
    pub fn take(&mut self, at: u8, port: u32, window: u16, bag: u32) {
        self.used[at as usize / 64] |= 1 << (at % 64);
        self.free -= 1;
        self.pool[at as usize] = Place {
            bag,
            window,
            ..Place::default()
        };
        match self.any >> port & 1 {
            1 => self.pool[self.youngest[port as usize] as usize].next = at,
            _ => self.oldest[port as usize] = at,
        }
        self.youngest[port as usize] = at;
        self.any |= 1 << port;
        self.current |= 1 << port;
    }
}
